"""The rules that find a message's records, one to a file, strongest evidence first."""
