"""The four networks of PD-FGC (Wang et al., CVPR 2023): appearance, motion, audio, generator."""
