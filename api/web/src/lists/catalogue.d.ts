/** The words that the lists use; see vite-words.ts. */
declare module "*/en.json?lists" {
  const catalogue: Record<string, string>;
  export default catalogue;
}
