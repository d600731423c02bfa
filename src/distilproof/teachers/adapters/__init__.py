"""One file for each kind of teacher; heavy libraries are loaded only inside."""
