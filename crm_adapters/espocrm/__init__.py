"""EspoCRM over its REST API (8.1 and later)."""
