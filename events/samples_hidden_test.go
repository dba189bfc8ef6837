package events

// hiddenSamples are of what goes by another protocol's name, or by none.
func hiddenSamples() []Record {
	shell := between("Cb0pQ7rZk2Lm", "10.20.1.15", 50733, "203.0.113.10", 4444)
	return []Record{
		&Raw{
			Head: shell, Proto: "tcp", Marks: []string{"prompt_windows", "banner_windows"}, Prompts: 3, Commands: 2, ShellBy: "orig", Prompt: `C:\\Windows\\system32>`,
		},
	}
}
