package trail

import "strings"

// The functions here say in a few words what a call was about, from its parameters, or from the ids among its resources.

func fixed(what string) func(*entry, args) string { return func(*entry, args) string { return what } }

func calledName(e *entry, _ args) string {
	return e.Name + " of " + strings.TrimSuffix(e.Service, ".amazonaws.com")
}

// named1 puts a parameter behind a word, shortened where it is an ARN.
func named1(what string, names ...string) func(*entry, args) string {
	return func(_ *entry, a args) string { return strings.TrimSpace(what + " " + shortARN(a.text(names...))) }
}

// forUser says for which user or role something was made.
func forUser(what string) func(*entry, args) string {
	return func(e *entry, a args) string {
		return what + " of " + firstOf(a.text("userName", "roleName"), e.User, "its own")
	}
}

// idsLike names the resources that begin so, or all where there are none.
func idsLike(begin, what string) func(*entry, args) string {
	return func(e *entry, _ args) string {
		var ids []string
		for _, r := range e.Resources {
			if strings.HasPrefix(r, begin) && !strings.HasPrefix(r, keyResource) {
				ids = append(ids, shortARN(r))
			}
		}
		return strings.TrimSpace(what + " " + listedWords(ids, 3))
	}
}

func mirrored(what string) func(*entry, args) string {
	return func(e *entry, a args) string {
		id := a.first(e, "tm", "trafficMirrorSessionId")
		if what == "of mirroring" {
			part := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(e.Name, "Delete"), "Modify"), "TrafficMirror")
			return "the mirror " + strings.ToLower(part) + " " + id
		}
		return what + " " + id
	}
}

func theACL(e *entry, a args) string { return "the network ACL " + a.first(e, "acl-", "networkAclId") }

func aRoute(e *entry, a args) string {
	to := a.text("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
	by := a.text("gatewayId", "natGatewayId", "networkInterfaceId", "instanceId", "vpcPeeringConnectionId", "transitGatewayId", "egressOnlyInternetGatewayId")
	what := "the route to " + firstOf(to, "somewhere") + " in " + a.first(e, "rtb-", "routeTableId")
	if by != "" {
		what += " by " + by
	}
	return what
}

// machine names the instance or else the interface.
func machine(e *entry, a args) string {
	return firstOf(a.text("instanceId", "target"), a.first(e, "i-"), a.first(e, "eni-"), "a machine")
}

func onMachine(what string) func(*entry, args) string {
	return func(e *entry, a args) string {
		document := a.text("documentName")
		if document != "" {
			document = " (" + document + ")"
		}
		return what + document + " on " + machine(e, a)
	}
}

func attached(e *entry, a args) string {
	return firstOf(a.text("networkInterfaceId"), a.first(e, "eni-"), "an interface") + " to " + machine(e, a)
}

func launched(e *entry, a args) string {
	var ids []string
	for _, r := range e.Resources {
		if strings.HasPrefix(r, "i-") {
			ids = append(ids, r)
		}
	}
	what := firstOf(listedWords(ids, 3), "instances")
	if kind := a.text("instanceType"); kind != "" {
		what += " (" + kind + ")"
	}
	return what
}

func changedInterface(e *entry, a args) string {
	which := firstOf(a.text("networkInterfaceId"), a.first(e, "eni-"))
	switch {
	case a.under("groupSet") >= 0:
		return "the security groups of " + which + " to " + listedWords(a.texts(a.under("groupSet"), 8), 4)
	case a.under("sourceDestCheck") >= 0:
		return "whether " + which + " may pass packets on"
	}
	return "the interface " + which
}

func changedInstance(e *entry, a args) string {
	which := machine(e, a)
	switch {
	case a.under("groupSet") >= 0:
		return "the security groups of " + which + " to " + listedWords(a.texts(a.under("groupSet"), 8), 4)
	case a.under("userData") >= 0 || a.text("attribute") == "userData":
		return "the start script (user data) of " + which
	case a.under("sourceDestCheck") >= 0:
		return "whether " + which + " may pass packets on"
	case a.under("instanceType") >= 0:
		return "the type of " + which
	}
	return which
}

func metadata(e *entry, a args) string {
	if a.text("httpTokens") == "optional" {
		return "the metadata service of " + machine(e, a) + " to give credentials without a token"
	}
	return "the metadata service of " + machine(e, a)
}

func policies(e *entry, a args) string {
	whom := a.text("userName", "roleName", "groupName", "instanceProfileName")
	policy := shortARN(a.text("policyArn", "policyName"))
	switch {
	case e.Name == "UpdateAssumeRolePolicy":
		return "who may take on the role " + whom
	case whom == "":
		return strings.TrimSpace("the policy " + policy)
	case policy == "":
		return "what " + whom + " may do (" + e.Name + ")"
	}
	return "what " + whom + " may do, by " + policy
}

func secondFactor(e *entry, _ args) string {
	if e.MFA {
		return "with a second factor"
	}
	return "without a second factor"
}

func shared(e *entry, a args) string {
	which := firstOf(a.text("snapshotId", "imageId"), a.first(e, "snap-"), "a disk")
	add := a.under("add")
	if add < 0 {
		return which + " with fewer accounts"
	}
	with := a.texts(add, 8)
	for _, w := range with {
		if w == "all" {
			return which + " with everybody"
		}
	}
	return which + " with " + firstOf(listedWords(with, 3), "others")
}
