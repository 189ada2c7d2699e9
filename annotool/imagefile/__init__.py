"""What an image file says of itself: size, mode, EXIF orientation, whether it ends and decodes, what its pixels look like, and
which files are equal or alike.

header.py reads headers, pixels.py has all pixels read (by the processes of crew.py, past the cache of cache.py),
same.py compares bytes, near.py perceptual hashes, origins.py reads file names.
"""

from __future__ import annotations

from annotool.imagefile.files import ImageFile, ImageFiles
from annotool.imagefile.header import LFS_POINTER, probe
from annotool.imagefile.near import nearest
from annotool.imagefile.pixels import measure
from annotool.imagefile.same import same_content

__all__ = ["LFS_POINTER", "ImageFile", "ImageFiles", "measure", "nearest", "probe", "same_content"]
