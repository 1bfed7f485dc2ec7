"""CRM backends: one contract, one sub-package per CRM."""
