"""Everything that touches media bytes: probing, analysing, cropping, captioning, rendering, verifying."""
