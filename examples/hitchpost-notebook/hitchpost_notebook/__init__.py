"""A CRM that is one JSON file, and its adapter for Hitchpost."""
