// The side effect is the purpose: zone.js replaces the page's promises, timers and event targets, before anything else keeps them.
import 'zone.js';
