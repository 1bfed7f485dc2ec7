"""vtiger CRM: webservice.php of the open-source editions, and the REST API of the vendor's cloud."""
