/**
 * HISTORY cards hold 72 characters and lose blanks at their end. A longer line goes on in cards that begin with two
 * blanks; so that no other line is taken for one, lines lose the blanks at their start. Empty lines are left out.
 */
const width = 72;
const indent = '  ';

export function wrapHistory(lines: readonly string[]): string[] {
  const written = lines.map(line => line.trim()).filter(line => line !== '');
  return written.flatMap(line => {
    const pieces: string[] = [];
    let rest = line;
    for (let prefix = ''; rest.length > width - prefix.length; prefix = indent) {
      let end = width - prefix.length;
      // Not after a blank, which the card would lose. (A run of blanks that fills a card is lost.)
      while (end > 1 && rest[end - 1] === ' ') end--;
      pieces.push(prefix + rest.slice(0, end));
      rest = rest.slice(end);
    }
    pieces.push((pieces.length > 0 ? indent : '') + rest);
    return pieces;
  });
}

export function unwrapHistory(cards: readonly string[]): string[] {
  const lines: string[] = [];
  for (const card of cards) {
    if (card.startsWith(indent) && lines.length > 0) lines[lines.length - 1] += card.slice(indent.length);
    else lines.push(card);
  }
  return lines;
}
