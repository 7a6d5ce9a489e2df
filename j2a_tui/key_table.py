"""Every key of the app, in one table: help, the key bar, the palette and the bindings are made from it."""

from __future__ import annotations

from typing import Literal, get_args

from j2a.records import dataclass

Where = Literal["anywhere", "desk", "claims", "editor", "search", "correct", "diff", "blind", "jump"]
PLACES: tuple[Where, ...] = get_args(Where)
TYPED_IN: tuple[Where, ...] = ("editor", "search", "jump")  # where letters are text
MODAL: tuple[Where, ...] = ("correct", "diff", "blind", "jump")  # where the keys of the app are not heard


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that start it."""

    id: str
    keys: str  # Textual's names, separated by commas
    shown: str  # as people write them
    action: str
    label: str  # one or two words, for the key bar and the palette
    help: str  # one line, for the help screen and the palette
    where: Where
    group: str
    bar: bool = False  # in the key bar
    brief: str = ""  # its label where there is little room


KEYS: tuple[Key, ...] = (
    # Making captions
    Key("describe", "enter", "enter", "describe", "Describe",
        "Write the window's caption; open one that is accepted or yours", "desk", "Captions", bar=True, brief="Write"),
    Key("accept", "a", "a", "accept", "Accept", "Accept the caption, also while it is written, and go on",
        "desk", "Captions", bar=True),
    Key("accept_anyway", "A", "A", "accept_anyway", "Accept anyway", "Accept it though the measurement contradicts it",
        "desk", "Captions"),
    Key("variant", "r", "r", "variant", "Variant", "Write another variant (asks before what is kept gives way)",
        "desk", "Captions", bar=True, brief="More"),
    *(Key(f"variant_{number}", str(number), str(number), f"choose_variant({number})", f"Variant {number}",
          f"Put variant {number} of the window on the desk", "desk", "Captions") for number in range(1, 10)),
    Key("diff", "d", "d", "diff", "Compare", "Compare two variants word by word", "desk", "Captions"),
    Key("correct", "c", "c", "correct", "Correct", "Put tempo, meter, key, downbeat or a chord right",
        "desk", "Captions"),
    Key("blind", "V", "V", "blind", "Blind A/B", "Pick the better caption of two versions, without their names",
        "desk", "Captions"),
    Key("prompt", "p", "p", "prompt", "Ask for", "Ordinary, short, detailed captions, tags, or your own prompt",
        "desk", "Captions"),
    Key("figures", "F", "F", "figures", "Figures", "Captions with BPM, meter, key and chords, or without them",
        "desk", "Captions"),
    Key("edit", "e", "e", "edit", "Edit", "Edit the caption in place", "desk", "Captions", bar=True),
    Key("external_editor", "ctrl+g", "ctrl+g", "external_editor", "Open $EDITOR", "Edit the caption in $EDITOR",
        "desk", "Captions"),
    Key("replace", "R", "R", "replace", "Replace", "Find and replace in every caption of the folder",
        "desk", "Captions"),
    Key("affix", "T", "T", "affix", "Prefix", "Trigger word, prefix, suffix of the whole folder, put in by exports",
        "desk", "Captions"),
    Key("annotators", "W", "W", "annotators", "Annotators", "Who works: their texts of the window, their agreement",
        "desk", "Captions"),
    Key("reject", "x", "x", "reject", "Reject", "Mark the caption as rejected, and stay", "desk", "Captions"),
    Key("skip", "s", "s", "skip", "Skip", "Mark the file as skipped and go on", "desk", "Captions"),
    Key("flag", "f", "f", "flag", "Flag", "Flag the file for a second look, and go on", "desk", "Captions"),
    Key("undo", "u", "u", "undo", "Undo", "Take back the last change", "desk", "Captions"),
    Key("redo", "ctrl+r", "ctrl+r", "redo", "Redo", "Make it again", "desk", "Captions"),
    Key("text_down", "shift+down", "shift ↓", "scroll_text(1)", "Text down", "Further down in a text that is longer "
        "than its box", "desk", "Captions"),
    Key("text_up", "shift+up", "shift ↑", "scroll_text(-1)", "Text up", "Further up in it", "desk", "Captions"),
    Key("stop", "escape", "esc", "stop", "Stop", "Stop measuring or writing; what was written stays",
        "desk", "Captions"),
    # Listening
    Key("play", "space", "space", "play", "Play", "Play the window, or pause", "desk", "Sound", bar=True),
    Key("back", "left,h", "← h", "seek(-5)", "Back 5 s", "Back 5 s (with shift 1 s)", "desk", "Sound"),
    Key("forward", "right,l", "→ l", "seek(5)", "Forward 5 s", "Forward 5 s (with shift 1 s)", "desk", "Sound"),
    Key("back_fine", "shift+left,H", "shift ←", "seek(-1)", "Back 1 s", "Back 1 s", "desk", "Sound"),
    Key("forward_fine", "shift+right,L", "shift →", "seek(1)", "Forward 1 s", "Forward 1 s", "desk", "Sound"),
    Key("quieter", "minus", "-", "volume(-0.1)", "Quieter", "Volume down", "desk", "Sound"),
    Key("louder", "equals_sign,plus", "=", "volume(0.1)", "Louder", "Volume up", "desk", "Sound"),
    Key("loop", "b", "b", "loop", "Loop", "Loop from here (A), to here (B), no loop", "desk", "Sound"),
    Key("snap_loop", "B", "B", "snap_loop", "Loop on bars", "Snap the loop to downbeats; without one, loop this bar",
        "desk", "Sound"),
    Key("slower", "less_than_sign", "<", "speed(-0.1)", "Slower", "Slower by a tenth, at the same pitch",
        "desk", "Sound"),
    Key("faster", "greater_than_sign", ">", "speed(0.1)", "Faster", "Faster by a tenth, at the same pitch",
        "desk", "Sound"),
    Key("device", "O", "O", "device", "Output device", "Choose where the sound goes", "desk", "Sound"),
    # The window
    Key("window_back", "left_square_bracket", "[", "move_window(-1)", "Window back", "Window back by its length",
        "desk", "Window"),
    Key("window_forward", "right_square_bracket", "]", "move_window(1)", "Window forward",
        "Window forward by its length", "desk", "Window"),
    Key("nudge_back", "comma", ",", "nudge_window(-1)", "Nudge back", "Window back by 1 s", "desk", "Window"),
    Key("nudge_forward", "full_stop", ".", "nudge_window(1)", "Nudge forward", "Window forward by 1 s",
        "desk", "Window"),
    Key("window_shorter", "left_curly_bracket", "{", "resize_window(-1)", "Shorter window", "Window shorter by 1 s",
        "desk", "Window"),
    Key("window_longer", "right_curly_bracket", "}", "resize_window(1)", "Longer window", "Window longer by 1 s",
        "desk", "Window"),
    Key("window_from", "i", "i", "window_from", "Window from here", "The window begins at the playhead",
        "desk", "Window"),
    Key("window_to", "o", "o", "window_to", "Window to here", "The window ends at the playhead", "desk", "Window"),
    Key("plan_window", "P", "P", "plan_window", "Plan window", "Plan this window: caption it later", "desk", "Window"),
    # The track
    Key("map", "m", "m", "map", "Caption map", "The track's windows in time; follows and seeks", "desk", "Track"),
    Key("plan", "M", "M", "plan", "Windows", "Lay windows over the whole track", "desk", "Track"),
    Key("look", "w", "w", "look", "Look", "Waveform, mel spectrogram, chromagram", "desk", "Track"),
    # Files
    Key("next_open", "n", "n", "next_open(1)", "Next open", "Next planned window or file without a decision",
        "desk", "Files", bar=True, brief="Next"),
    Key("previous_open", "N", "N", "next_open(-1)", "Previous open", "Previous one without a decision",
        "desk", "Files"),
    Key("down", "down,j", "↓ j", "move(1)", "Next file", "Next file", "desk", "Files"),
    Key("up", "up,k", "↑ k", "move(-1)", "Previous file", "Previous file", "desk", "Files"),
    Key("page_down", "pagedown", "pgdn", "page(1)", "Page down", "A page down", "desk", "Files"),
    Key("page_up", "pageup", "pgup", "page(-1)", "Page up", "A page up", "desk", "Files"),
    Key("first", "g,home", "g", "edge(-1)", "First file", "First file", "desk", "Files"),
    Key("last", "G,end", "G", "edge(1)", "Last file", "Last file", "desk", "Files"),
    Key("search", "slash", "/", "search", "Search", "Search in names, titles, artists", "desk", "Files",
        bar=True, brief="Find"),
    Key("views", "apostrophe", "'", "views", "Saved views", "Choose a search that was given a name (x deletes it)",
        "desk", "Files"),
    Key("save_view", "quotation_mark", '"', "save_view", "Save view", "Give this search and order a name",
        "desk", "Files"),
    Key("sort", "S", "S", "sort", "Sort", "Sort by name, duration, BPM, key, last change, what is worth your time",
        "desk", "Files"),
    Key("fold", "z", "z", "fold", "Fold folder", "Hide the files of this folder, or show them", "desk", "Files"),
    Key("fold_all", "Z", "Z", "fold_all", "Fold all", "Hide the files of every folder, or show them all",
        "desk", "Files"),
    Key("list", "backslash", "\\", "list", "Hide files", "Hide the list of files, or show it again", "desk", "Files"),
    Key("export", "E", "E", "export", "Export", "Write the captions: captions.csv, or as a trainer reads them", "desk",
        "Files", bar=True, brief="CSV"),
    Key("claims", "tab", "tab", "claims", "Claims", "Go through the claims; each lights its words in the caption",
        "desk", "Captions"),
    Key("jump", "J", "J", "jump", "Jump", "Letters on files, folders, claims and boxes: type them to go there",
        "desk", "Files"),
    # The program
    Key("version", "v", "v", "version", "Version", "Choose the J2A version and its weights",
        "desk", "Program", bar=True, brief="Model"),
    Key("notices", "exclamation_mark", "!", "notices", "Notices", "What was said since the start, once more",
        "desk", "Program"),
    Key("logs", "f6", "f6", "logs", "Logs", "The logs of the engine and of the app, as they grow", "desk", "Program"),
    Key("themes", "f7", "f7", "themes", "Theme", "Choose the colours", "desk", "Program"),
    Key("help_here", "f1", "f1", "app.help_here", "Help here", "The keys of what has the focus", "anywhere", "Program"),
    Key("palette", "ctrl+p", "ctrl+p", "command_palette", "Palette", "Every action by name", "anywhere", "Program"),
    Key("help", "question_mark", "?", "help", "Help", "This page", "desk", "Program", bar=True),
    Key("quit", "q", "q", "app.quit", "Quit", "Leave; everything is saved", "desk", "Program", bar=True),
    # In the claims
    Key("claims_down", "down,j", "↓ j", "choose(1)", "Next claim", "Next claim", "claims", "In the claims", bar=True),
    Key("claims_up", "up,k", "↑ k", "choose(-1)", "Claim before", "Claim before", "claims", "In the claims", bar=True),
    Key("claims_leave", "escape,tab,enter", "esc", "leave", "Back", "Back to the files", "claims", "In the claims",
        bar=True),
    # While editing
    Key("editor_accept", "ctrl+s", "ctrl+s", "save_and_accept", "Save, accept, next",
        "Save, accept and go on to the next file", "editor", "While editing", bar=True),
    Key("editor_leave", "escape", "esc", "leave", "Keep", "Leave the editor; the text is kept",
        "editor", "While editing", bar=True),
    Key("editor_cancel", "ctrl+c", "ctrl+c", "cancel", "Cancel", "The text as it was before; copies what is selected",
        "editor", "While editing", bar=True),
    Key("editor_play", "f2", "f2", "play", "Play", "Play or pause", "editor", "While editing", bar=True),
    Key("editor_back", "f3", "f3", "back", "Back 2 s", "Back 2 s", "editor", "While editing", bar=True),
    # While correcting
    Key("correct_double", "d", "d", "times(2.0)", "BPM ×2", "Twice the tempo", "correct", "While correcting"),
    Key("correct_half", "h", "h", "times(0.5)", "BPM ÷2", "Half the tempo", "correct", "While correcting"),
    Key("correct_three_halves", "3", "3", "times(1.5)", "BPM ×3/2", "Tempo times 3/2", "correct", "While correcting"),
    Key("correct_two_thirds", "2", "2", "times(0.6666666666666666)", "BPM ×2/3", "Tempo times 2/3",
        "correct", "While correcting"),
    Key("correct_tap", "t", "t", "tap", "Tap", "Tap the tempo, four times or more", "correct", "While correcting"),
    Key("correct_bpm", "b", "b", "type('bpm')", "Type BPM", "Type the tempo", "correct", "While correcting"),
    Key("correct_meter", "m", "m", "meter", "Meter", "Another meter", "correct", "While correcting"),
    Key("correct_relative", "r", "r", "relative", "Relative key", "The relative key: A minor for C major",
        "correct", "While correcting"),
    Key("correct_key", "k", "k", "type('key')", "Type key", "Type the key", "correct", "While correcting"),
    Key("correct_earlier", "left", "←", "nudge(-0.01)", "Earlier", "Downbeats and beats 10 ms earlier",
        "correct", "While correcting"),
    Key("correct_later", "right", "→", "nudge(0.01)", "Later", "Downbeats and beats 10 ms later",
        "correct", "While correcting"),
    Key("correct_beat_back", "comma", ",", "bars(-1)", "Beat back", "Bars begin a beat earlier",
        "correct", "While correcting"),
    Key("correct_beat_on", "full_stop", ".", "bars(1)", "Beat on", "Bars begin a beat later",
        "correct", "While correcting"),
    Key("correct_downbeat", "o", "o", "downbeat", "One here", "A bar begins at the playhead",
        "correct", "While correcting"),
    Key("correct_chord", "c", "c", "type('chord')", "Type chord", "Type the chord at the playhead",
        "correct", "While correcting"),
    Key("correct_down", "down,j", "↓ j", "move(1)", "Down", "Next line", "correct", "While correcting"),
    Key("correct_up", "up", "↑", "move(-1)", "Up", "Line before", "correct", "While correcting"),
    Key("correct_back", "x", "x", "take_back", "Take back", "What was measured stands again in the line",
        "correct", "While correcting"),
    Key("correct_play", "space,f2", "space", "play", "Play", "Play or pause", "correct", "While correcting"),
    Key("correct_undo", "u", "u", "undo", "Undo", "Take back the last change", "correct", "While correcting"),
    Key("correct_redo", "ctrl+r", "ctrl+r", "redo", "Redo", "Make it again", "correct", "While correcting"),
    Key("correct_leave", "escape,q", "esc", "leave", "Done", "Back to the desk", "correct", "While correcting"),
    # While comparing variants
    Key("diff_down", "down,j", "↓ j", "other(1)", "Next", "Compare with the next variant", "diff", "While comparing"),
    Key("diff_up", "up,k", "↑ k", "other(-1)", "Before", "Compare with the one before", "diff", "While comparing"),
    Key("diff_left", "left,h", "← h", "base(-1)", "Base before", "Compare the one before with it",
        "diff", "While comparing"),
    Key("diff_right", "right,l", "→ l", "base(1)", "Base next", "Compare the next one with it",
        "diff", "While comparing"),
    Key("diff_take", "enter", "enter", "take", "Take", "Put the lower one on the desk", "diff", "While comparing"),
    Key("diff_leave", "escape,q,d", "esc", "leave", "Close", "Back to the desk", "diff", "While comparing"),
    # Blind A/B
    Key("blind_left", "left,h", "← h", "pick('left')", "Left", "The left (upper) one is better", "blind", "Blind A/B"),
    Key("blind_right", "right,l", "→ l", "pick('right')", "Right", "The right (lower) one is better",
        "blind", "Blind A/B"),
    Key("blind_tie", "t,equals_sign", "t", "pick('tie')", "Tie", "Both are as good", "blind", "Blind A/B"),
    Key("blind_neither", "n", "n", "pick('neither')", "Neither", "Neither is any good", "blind", "Blind A/B"),
    Key("blind_next", "enter", "enter", "next", "Next", "The next clip, once this was picked", "blind", "Blind A/B"),
    Key("blind_play", "space", "space", "play", "Play", "Play or pause", "blind", "Blind A/B"),
    Key("blind_undo", "u", "u", "undo", "Undo", "Take the last pick back", "blind", "Blind A/B"),
    Key("blind_export", "E", "E", "export", "Export", "Write preferences.jsonl", "blind", "Blind A/B"),
    Key("blind_leave", "escape,q", "esc", "leave", "Leave", "Back to the desk", "blind", "Blind A/B"),
    # While jumping
    Key("jump_again", "backspace", "backspace", "again", "Again", "Take the first of two letters back",
        "jump", "While jumping"),
    Key("jump_leave", "escape", "esc", "leave", "Leave", "Stay where you are", "jump", "While jumping"),
    # While searching
    Key("search_keep", "enter,down", "enter", "keep", "Keep", "Keep the filter and go to the files", "search",
        "While searching", bar=True),
    Key("search_clear", "escape", "esc", "clear", "Clear", "Show every file again", "search",
        "While searching", bar=True),
)
