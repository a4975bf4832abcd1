"""mosaic_error.py MOSAIC TRUTH: prints how far the worst source's peak is from its flux, relative, of those in the mosaic."""
import json
import sys

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

image, header = fits.getdata(sys.argv[1]).squeeze(), fits.getheader(sys.argv[1])
header.remove('BUNIT', ignore_missing=True)  # SWarp copies a line break into it, which astropy refuses
j, i = np.mgrid[-1:2, -1:2]
design = np.stack([np.ones(9), i.ravel(), j.ravel(), i.ravel() ** 2, j.ravel() ** 2, (i * j).ravel()], axis=1)
worst = 0.0
for source in json.load(open(sys.argv[2]))['sources']:
    x, y = (float(v) for v in WCS(header, naxis=2).all_world2pix(source['raDeg'], source['decDeg'], 0))
    if not (1 <= round(x) < image.shape[1] - 1 and 1 <= round(y) < image.shape[0] - 1):
        continue
    box = image[round(y) - 1:round(y) + 2, round(x) - 1:round(x) + 2]
    # The logarithm of a Gaussian is a paraboloid.
    f, b, c, d, e, g = np.linalg.lstsq(design, np.log(np.maximum(box.ravel(), 1e-9)), rcond=None)[0]
    dx, dy = np.linalg.solve([[2 * d, g], [g, 2 * e]], [-b, -c])
    worst = max(worst, abs(np.exp(f + (b * dx + c * dy) / 2) / source['fluxJy'] - 1))
print(worst)
