"""The earlier methods of Table 1, trained on our data, run without torch."""
