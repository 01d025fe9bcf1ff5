"""From a recording to the words that were said: decode, trim to speech, recognise, judge."""
