"""Phantoms: seeded synthetic radiographs, written as real DICOM files. No patient is behind any of them.

In: a seed, counts and a size. Out: pictures as arrays (`anatomy.draw_phantom`) and a folder of DICOM
files (`writing.write_phantoms`), clean or with the dirt that archives hold.
May import: foundation, pydicom and its encoders; nothing else of imaging, so that the reading side is
tried on files that it did not write.
A new body part is one drawing function beside its neighbours (`head`, `trunk`, `breast`, `limbs`) and
one entry in `anatomy.ANATOMY`; a new kind of dirt belongs in `dirt`, a new way to store the pixels in
`encodings`.
"""
