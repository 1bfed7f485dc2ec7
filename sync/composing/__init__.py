"""Writing mail: from what a person typed to the bytes that leave, without network and without database."""
