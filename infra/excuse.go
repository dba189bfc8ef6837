package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// excuse says why a finding of the checks of templates (cdk-nag) is in order for everything below a construct. The reason is for people,
// and stays in the template.
func excuse(c constructs.IConstruct, rule, reason string) {
	for _, child := range *c.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		r, ok := child.(awscdk.CfnResource)
		if !ok {
			continue
		}
		rules := []any{map[string]any{"id": rule, "reason": reason}}
		if old, ok := r.GetMetadata(key("cdk_nag")).(map[string]any); ok {
			if list, ok := old["rules_to_suppress"].([]any); ok {
				rules = append(list, rules...)
			}
		}
		r.AddMetadata(key("cdk_nag"), map[string]any{"rules_to_suppress": rules})
	}
}

func key(s string) *string { return &s }
