/** Light or dark, by the system's setting. */

const DARK = matchMedia("(prefers-color-scheme: dark)");

export const isDark = (): boolean => DARK.matches;
