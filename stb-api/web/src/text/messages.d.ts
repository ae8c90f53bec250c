declare module 'virtual:messages' {
  const texts: Record<string, { zh: string; en: string }>;
  export default texts;
}
