/* Refreshes the dashboard every minute while its page is looked at. Without it, reload the page. */
"use strict";
{
    const MINUTE = 60000;
    const widget = document.getElementById("dashboard");
    let refreshedAt = Date.now();

    const refresh = async function() {
        if (document.hidden || Date.now() - refreshedAt < MINUTE - 1000) {
            return;
        }
        refreshedAt = Date.now();
        try {
            const answer = await fetch(widget.dataset.url, {credentials: "same-origin"});
            if (answer.redirected) { // logged out meanwhile
                window.location.reload();
            } else if (answer.ok) {
                show(await answer.text());
            }
        } catch {
            // The server is away: what is shown says how old it is, and the next minute tries again.
        }
    };

    /* Put new figures in place, and leave keyboard and opened parts where they were. */
    const show = function(html) {
        const parts = () => [...widget.querySelectorAll("a, button, summary, [tabindex]")];
        const nameOf = (part) => part.tagName + (part.getAttribute("href") || part.value + part.closest("li, [id]").textContent);
        const focused = widget.contains(document.activeElement) && nameOf(document.activeElement);
        const opened = [...widget.querySelectorAll("details[open]")].map((part) => part.id);
        widget.innerHTML = html;
        opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
        if (focused) {
            parts().find((part) => nameOf(part) === focused)?.focus({preventScroll: true});
        }
    };

    if (widget) {
        setInterval(refresh, MINUTE);
        document.addEventListener("visibilitychange", refresh);
    }
}
