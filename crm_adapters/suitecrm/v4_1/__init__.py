"""The legacy REST, version 4.1: one address, arguments by place, faults with HTTP 200."""
