/**
 * Default key of a thumbnail: below `thumbnails/`, so that a rule or a permission can cover thumbnails
 * alone, in the folders of the picture. No two pictures, and no two widths, share a key:
 *
 * - `sea.JPG` becomes `sea-200.JPG`, if its extension, the name's only one, is that of the copy's format;
 * - any other name with a dot stays whole: `logo.svg` becomes `logo.svg-200.png`;
 * - a name without one is marked as a copy: `logo` becomes `logo-200.thumbnail.png`.
 */
export function thumbnailKey(key: string, width: number, format: { extension: string; isOwn: boolean }): string {
  const start = key.lastIndexOf("/") + 1;
  const [folder, name] = [key.slice(0, start), key.slice(start)];
  return `thumbnails/${folder}${nameOf(name, width, format)}`;
}

function nameOf(name: string, width: number, { extension, isOwn }: { extension: string; isOwn: boolean }): string {
  const dot = name.indexOf(".");
  if (dot < 0) return `${name}-${width}.thumbnail${extension}`;
  const isOnlyOne = dot > 0 && dot === name.lastIndexOf(".");
  return isOwn && isOnlyOne ? `${name.slice(0, dot)}-${width}${name.slice(dot)}` : `${name}-${width}${extension}`;
}
