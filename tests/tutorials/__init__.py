"""Short programs of five tutorials on convolution, as they stand there but for imports, the photo and layout."""
