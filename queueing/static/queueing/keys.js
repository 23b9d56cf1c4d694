/* By keyboard: / finds, j and k go down and up a list or the cards, x ticks a row, Enter opens it. */
"use strict";
{
    document.documentElement.classList.add("has-script");
    const picker = document.querySelector(".client-picker select");
    picker?.addEventListener("change", () => picker.form.submit());

    const ROWS = "#result_list tbody tr, .todo > li, .found tbody tr";
    const isTyping = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable], [role=combobox]");
    let chosen = -1;

    const choose = (step) => {
        const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.offsetParent);
        if (!rows.length) return;
        rows[chosen]?.classList.remove("is-chosen-row");
        chosen = Math.min(Math.max(chosen + step, 0), rows.length - 1);
        rows[chosen].classList.add("is-chosen-row");
        rows[chosen].scrollIntoView({block: "nearest"});
        rows[chosen].querySelector("th a, .do, a")?.focus({preventScroll: true});
    };

    const keys = {
        "/": () => document.getElementById("find")?.focus(),
        j: () => choose(1),
        k: () => choose(-1),
        x: () => document.querySelector(".is-chosen-row input.action-select")?.click(),
    };

    document.addEventListener("keydown", (event) => {
        const known = Object.hasOwn(keys, event.key);
        if (!known || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
        event.preventDefault();
        keys[event.key]();
    });

    document.addEventListener("click", (event) => { // a menu that is left is closed
        for (const menu of document.querySelectorAll("nav.menu details[open], .own-menu[open], .chip[open]")) {
            if (!menu.contains(event.target)) menu.open = false;
        }
    });
}
