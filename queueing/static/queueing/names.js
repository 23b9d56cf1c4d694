/* Give names to the fields that Django's own scripts make: a screen reader would read none. */
"use strict";

function nameChoices() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const made = select.nextElementSibling;
    if (!label || !made) continue;
    const name = label.textContent.trim().replace(/:$/, "");
    const parts = made.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field");
    for (const part of parts) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
    for (const part of made.querySelectorAll("ul, ul > li")) part.setAttribute("role", "none");
  }
  for (const hint of document.querySelectorAll("span.help-tooltip[aria-label]")) {
    hint.setAttribute("role", "img");
  }
}

// After the admin's own scripts, which wait for jQuery where the page has it.
if (window.django && django.jQuery) django.jQuery(nameChoices);
else document.addEventListener("DOMContentLoaded", nameChoices);
document.addEventListener("formset:added", () => setTimeout(nameChoices));
