import { Option } from 'commander';
import type { Command } from 'commander';

/** Declares the options of `tileSchema`; for a joint mosaic those of `imagingSchema`. */
export function addImagingOptions(command: Command, { toJointMosaic = false } = {}): Command {
  command.optionsGroup('Image:');
  if (!toJointMosaic)
    command
      .option('--cell <arcsec>', 'pixel size (default: a fifth of the beam)')
      .option('--npix <n>', 'pixels per side (default: out to --field-beam-level)')
      .option('--nx <n>', 'pixels along right ascension, ...')
      .option('--ny <n>', '... and along declination, where they are to differ')
      .option('--field-beam-level <fraction>', 'of the primary beam: how far an image of no given size reaches (0.1)')
      .option('--primary-beam-limit <fraction>', 'level of the primary beam down to which it is corrected for (0.1)');
  command
    .addOption(new Option('--stokes <name>', 'what to image (default I)').choices(['I', 'XX', 'YY', 'RR', 'LL']))
    .option('--channel-range <first:end>', 'channels to image, from 0, without the last (default all)')
    .option('--epsilon <number>', 'accuracy of gridding, 1e-6 to 1e-2 (default 1e-5)');
  addWeightingOptions(command.optionsGroup('Weighting:'));
  addCleanOptions(command.optionsGroup('Clean:'), toJointMosaic);
  return command.optionsGroup('Options:');
}

function addWeightingOptions(command: Command): void {
  command
    .addOption(new Option('--weighting <scheme>', 'default briggs').choices(['natural', 'uniform', 'briggs']))
    .option('--robust <number>', 'of briggs, -2 to 2 (default 0.5)')
    .addOption(
      new Option(
        '--weight-density <of>',
        'of what the uv density is that weights are divided by (default image)',
      ).choices(['image', 'all', 'channel']),
    )
    .option('--min-uv <wavelengths>', 'shortest projected baseline')
    .option('--max-uv <wavelengths>', 'longest projected baseline')
    .option('--min-baseline <m>', 'shortest baseline')
    .option('--max-baseline <m>', 'longest baseline')
    .option(
      '--taper <arcsec>',
      'Gaussian that a taper of the weights convolves the image with, full width at half maximum',
    )
    .option('--inner-tukey <wavelengths>', 'width of the rise of the weights at --min-uv')
    .option('--outer-tukey <wavelengths>', 'width of their fall at --max-uv');
}

function addCleanOptions(command: Command, toJointMosaic: boolean): void {
  command
    .option('--niter <n>', 'most clean components, 0 for the dirty image (default 50000)')
    .option('--nmiter <n>', 'most major cycles (default 12)')
    .option('--gain <fraction>', 'of a peak, that one component takes (default 0.1)')
    .option('--mgain <fraction>', 'of the highest peak, that one major cycle takes (default 0.8)')
    .option('--threshold <jy>', 'clean nothing that is fainter, Jy/beam (default 0)')
    .option('--auto-mask <sigma>', 'clean what exceeds this (default 3.5, or what --auto-threshold is above that) ...')
    .option('--auto-threshold <sigma>', '... down to this (default 2, or what --auto-mask is below that)')
    .option('--local-rms', 'with the sigma of the surroundings, not that of the whole image')
    .option('--local-rms-window <beams>', 'side of the boxes in which that is measured (default 25)');
  if (!toJointMosaic)
    command
      .option('--multiscale', 'clean with Gaussians of several widths too, for extended sources')
      .option('--multiscale-scales <arcsec,...>', 'their full widths at half maximum (default: from the beam, four)')
      .option('--multiscale-scale-bias <number>', '0.1 to 1, smaller prefers larger scales (default 0.6)')
      .option(
        '--spectral-terms <n>',
        'clean spectra too: 2 for slopes, 3 for curvature (default 1: one spectral index)',
      );
  command
    .option('--spectral-index <number>', 'of all sources within the band (default -0.7)')
    .option('--no-point-sources', 'make all sources of components on pixels')
    .option('--no-outer-sources', 'leave sources beyond the image alone');
}
