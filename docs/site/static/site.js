// Names and addresses in tables may break after the marks inside them, so that the text beside them has room on a phone.
for (const piece of document.querySelectorAll("td code span")) {
  if (piece.childElementCount) continue;
  const parts = piece.textContent.split(/(?<=[_/.=&?,])/);
  piece.replaceChildren(...parts.flatMap((part, place) => (place ? [document.createElement("wbr"), part] : [part])));
}
// What scrolls sideways can be reached and scrolled by the keys.
for (const box of document.querySelectorAll(".highlight pre, .table-wrapper, .scrolls, article p")) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}
