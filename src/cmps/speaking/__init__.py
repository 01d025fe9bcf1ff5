"""Text-to-speech: data sets with sound, as CUHK-PEDES-AUDIOS (paper §3). No torch in here."""
