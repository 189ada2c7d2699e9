"""LBL: labels of whole images."""
