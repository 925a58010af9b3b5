"""The tests, a package so that rooms may share parts by an absolute name."""
