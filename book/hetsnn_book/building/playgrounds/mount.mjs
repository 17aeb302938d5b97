// The first module that a page runs: it puts each playground in the place of its still or its sentence.

for (const place of document.querySelectorAll("[data-playground]")) {
  const { default: playground } = await import(`playgrounds/${place.dataset.playground}`);
  const data = place.querySelector('script[type="application/json"]');
  const box = document.createElement("div");
  box.className = "playground";
  box.id = place.id;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", place.dataset.title);
  place.replaceWith(box);
  playground(box, data && JSON.parse(data.textContent), place);
}
