// A long action goes on by itself; without JavaScript, its button is pressed.
document.getElementById("going-on").submit();
