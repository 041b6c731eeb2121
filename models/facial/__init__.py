"""FACIAL: a voice becomes face attributes (Zhang et al., ICCV 2021).

The networks alone: what their inputs are made of and how they are trained lies in `core`.
"""
