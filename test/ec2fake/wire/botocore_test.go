package wire_test

import "testing"

// TestBotocoreUnderstands has botocore make every call and hold what it parses against what is known.
func TestBotocoreUnderstands(t *testing.T) {
	needModules(t, true, "boto3", "botocore")
	s, endpoint := open(t)
	script(t, "botocore_story.py", facts(t, s, endpoint))
}

// TestMotoAnswersTheSame asks moto the same as the imitation. Debian has no moto, so that it may be absent even where everything else is
// required.
func TestMotoAnswersTheSame(t *testing.T) {
	needModules(t, false, "boto3", "moto.server", "flask")
	s, endpoint := open(t)
	script(t, "compare.py", facts(t, s, endpoint))
}
