"""How the libraries of the pages are built."""
