"""Bringing pictures into the gallery: reader → mapper → writer."""
