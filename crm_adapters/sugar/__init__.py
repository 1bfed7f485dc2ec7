"""SugarCRM (Sell, Enterprise, 7.10 and later) through its REST API, versions 10 and 11."""
