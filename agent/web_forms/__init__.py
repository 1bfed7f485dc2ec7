"""Web forms as the outpost shows and takes them: pages, checks, tickets, uploads. Knows no mail and no record."""
