"""What things are in Hitchpost: frozen types and errors, standard library only."""
