/* Ask the browser for a passkey, and send what it answers with the form. */
"use strict";
{
    const form = document.querySelector("form.passkey");
    const asked = JSON.parse(document.getElementById("asked").textContent);
    const problem = form.querySelector("[role=alert]");

    const bytes = (text) => {
        const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
        return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
    };
    const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
        .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

    const prepared = () => {
        const known = (list) => (list || []).map((one) => ({...one, id: bytes(one.id)}));
        const options = {...asked, challenge: bytes(asked.challenge)};
        options.allowCredentials = known(asked.allowCredentials);
        options.excludeCredentials = known(asked.excludeCredentials);
        if (asked.user) {
            options.user = {...asked.user, id: bytes(asked.user.id)};
        }
        return {publicKey: options};
    };

    const written = (made) => {
        const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
        const response = {};
        for (const name of names) {
            if (made.response[name]) {
                response[name] = text(made.response[name]);
            }
        }
        return JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response});
    };

    form.addEventListener("submit", async (event) => {
        if (form.elements.passkey.value) {
            return;
        }
        event.preventDefault();
        problem.hidden = true;
        try {
            const made = await navigator.credentials[form.dataset.does](prepared());
            form.elements.passkey.value = written(made);
            form.submit();
        } catch (error) {
            problem.textContent = error.name === "InvalidStateError"
                ? "This device has a passkey for you already."
                : "The browser gave no passkey: nothing was sent. Try again, or use a code.";
            problem.hidden = false;
        }
    });
    form.hidden = !window.PublicKeyCredential;
}
