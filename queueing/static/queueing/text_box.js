/* Beside each text of a campaign: chips for its variables, its length, and what real people get. */
"use strict";
{
    const about = document.getElementById("text-box");
    const PAUSE = 400;

    const insert = (area, name) => {
        area.setRangeText(`{{ ${name} }}`, area.selectionStart, area.selectionEnd, "end");
        area.focus();
        area.dispatchEvent(new Event("input", {bubbles: true}));
    };

    const chips = (area, isNote) => {
        const row = document.createElement("div");
        row.className = "text-chips";
        row.setAttribute("role", "group");
        row.setAttribute("aria-label", "Put a variable into the text");
        for (const name of about.dataset.variables.split(" ")) {
            const chip = document.createElement("button");
            chip.type = "button";
            chip.textContent = name.replaceAll("_", " ");
            chip.title = `{{ ${name} }}`;
            chip.addEventListener("click", () => insert(area, name));
            row.append(chip);
        }
        return row;
    };

    const help = (area) => {
        if (area.dataset.helped || area.name.includes("__prefix__")) return;
        area.dataset.helped = "yes";
        const isNote = area.name === "message_template";
        const box = document.createElement("div"), out = document.createElement("div");
        box.className = "text-box";
        out.className = "text-out";
        out.setAttribute("aria-live", "polite");
        area.before(box);
        box.append(chips(area, isNote), area, out);
        let waiting = 0, asked = 0;

        const look = async () => {
            const mine = ++asked;
            if (!about.dataset.url) {
                out.textContent = area.value.trim() ? `${area.value.trim().length} characters, variables as they stand.` : "";
                return;
            }
            const body = new FormData();
            body.append("text", area.value);
            body.append("of", isNote ? "note" : "message");
            const [number] = document.getElementsByName(area.name.replace(/text(_b)?$/, "number"));
            const [varies] = document.getElementsByName("varies_words");
            if (!isNote && number) body.append("step", number.value);
            if (varies) body.append("varies", varies.checked ? "yes" : "no");
            body.append("csrfmiddlewaretoken", area.form.querySelector("[name=csrfmiddlewaretoken]").value);
            try {
                const answer = await fetch(about.dataset.url, {method: "POST", body, credentials: "same-origin"});
                if (answer.ok && !answer.redirected && mine === asked) out.innerHTML = await answer.text();
            } catch {
                // The server is away, or the page is left: what was told last stays.
            }
        };

        area.addEventListener("input", () => {
            clearTimeout(waiting);
            waiting = setTimeout(look, PAUSE);
        });
        area.addEventListener("focus", () => { if (!asked) look(); });
        if (isNote && area.value) look();
    };

    const helpAll = () => document.querySelectorAll("textarea[name=message_template], textarea[name$='-text'], textarea[name$='-text_b']").forEach(help);
    if (about) {
        helpAll();
        document.addEventListener("formset:added", helpAll);
    }
}
