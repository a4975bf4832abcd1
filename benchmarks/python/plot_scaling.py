"""Cost against size: python plot_scaling.py FILE < points.json. See plot-scaling.ts."""
import json
import sys

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot

points = json.load(sys.stdin)
most_mvis = max(point['mvis'] for point in points)
npix_of_series = min(point['npix'] for point in points if point['mvis'] == min(other['mvis'] for other in points))

figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), sharey=True, layout='constrained')
for name in sorted({point['line'] for point in points}):
    mine = [point for point in points if point['line'] == name]
    style = dict(marker='o', linestyle='-' if name.startswith('contimg') else '--', label=name)
    pixels = sorted((p['npix'], p['seconds']) for p in mine if p['mvis'] == most_mvis)
    visibilities = sorted((p['mvis'], p['seconds']) for p in mine if p['npix'] == npix_of_series)
    axes[0].loglog(*zip(*pixels), **style)
    axes[1].loglog(*zip(*visibilities), **style)
axes[0].set(xlabel='pixels a side', ylabel='seconds', title=f'{most_mvis:.3g} million visibilities')
axes[0].set_xscale('log', base=2)
axes[0].xaxis.set_major_formatter('{x:.0f}')
axes[1].set(xlabel='million visibilities', title=f'{npix_of_series} x {npix_of_series} pixels')
axes[1].xaxis.set_major_formatter('{x:g}')
axes[0].yaxis.set_major_formatter('{x:g}')
for ax in axes:
    ax.grid(True, which='both', alpha=0.3)
axes[0].legend()
figure.savefig(sys.argv[1], dpi=120)
