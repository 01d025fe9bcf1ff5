"""What the cameras saw: sightings, tracklets and cameras, and the stores that hold them."""
