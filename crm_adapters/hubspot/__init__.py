"""HubSpot: CRM objects v3 (or a dated version of the same), associations v4, activities as objects of their own."""
