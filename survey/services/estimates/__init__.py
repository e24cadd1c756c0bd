"""From a wave's answers to results: estimated, judged, stored, shown to those who may see them."""
