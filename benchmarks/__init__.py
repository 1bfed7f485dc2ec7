"""What Hitchpost costs, measured against yardsticks in the same run: `make bench`."""
