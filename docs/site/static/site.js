// What scrolls sideways can be reached and scrolled by the keys.
for (const box of document.querySelectorAll(".highlight pre, .table-wrapper, .scrolls, article p")) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}
