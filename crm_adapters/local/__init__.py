"""The embedded CRM: one SQLite file, for people who have no CRM yet; the reference for every other adapter."""
