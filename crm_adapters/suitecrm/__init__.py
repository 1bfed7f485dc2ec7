"""SuiteCRM 7 and 8 and Sugar CE: the legacy REST v4_1 or the V8 JSON:API, whichever the server offers."""
