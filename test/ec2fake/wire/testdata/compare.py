"""The imitation and moto are asked the same by botocore. Of every answer, what the imitation says must be what moto says, after ids and
times are made alike. moto says more (whole machines); that is not held against anybody. Where the two differ, KNOWN says why; a known
difference that is none any more fails, so that the list stays true."""
import datetime
import logging
import re

from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from checks import check, client, done, stage

# (call, path, why): the path is in the answer; '*' stands for any place in a list.
KNOWN = [
    ("create_traffic_mirror_filter", "TrafficMirrorFilter.TrafficMirrorFilterId", "moto's ids begin with traf-mir-fil-, AWS's with tmf-"),
    ("describe_traffic_mirror_filters", "TrafficMirrorFilters.*.TrafficMirrorFilterId", "as above"),
    ("describe_traffic_mirror_filters", "TrafficMirrorFilters.*.IngressFilterRules", "moto leaves out lists that are empty, AWS does not"),
    ("describe_traffic_mirror_filters", "TrafficMirrorFilters.*.EgressFilterRules", "as above"),
    ("describe_traffic_mirror_filters", "TrafficMirrorFilters.*.NetworkServices", "as above"),
    ("create_traffic_mirror_target", "TrafficMirrorTarget.TrafficMirrorTargetId", "moto's ids begin with traf-mir-tar-, AWS's with tmt-"),
    ("describe_traffic_mirror_targets", "TrafficMirrorTargets.*.TrafficMirrorTargetId", "as above"),
    ("describe no such filter", "", "moto answers with an empty list, AWS with NotFound"),
    ("describe no such target", "", "moto answers with an empty list, AWS with NotFound"),
    ("describe with an unknown filter", "", "moto lets an unknown filter fit everything"),
    ("dry run of create filter", "", "moto makes the filter all the same"),
    ("tags of a filter", "", "moto does not know the ids of filters"),
    ("tags of none", "", "moto tags instances that are not there"),
    ("create_network_interface", "NetworkInterface.Groups", "the imitation has no security groups of its own: an interface has those that it was given"),
    ("describe detached interface", "NetworkInterfaces.*.Groups", "as above"),
    ("describe attached interface", "NetworkInterfaces.*.Groups", "as above"),
    ("describe_load_balancers", "LoadBalancers.*.LoadBalancerArn", "moto names a Network Load Balancer .../app/..., AWS .../net/..."),
    ("describe_load_balancers", "LoadBalancers.*.DNSName", "moto gives it the name of an Application Load Balancer, <region>.elb.; a Network Load Balancer's is elb.<region>."),
    ("describe_listeners", "Listeners.*.ListenerArn", "moto names a Network Load Balancer .../app/..., AWS .../net/..."),
    ("describe_listeners", "Listeners.*.LoadBalancerArn", "as above"),
    ("create_traffic_mirror_target", "TrafficMirrorTarget.NetworkLoadBalancerArn", "as above"),
    ("describe_traffic_mirror_targets", "TrafficMirrorTargets.*.NetworkLoadBalancerArn", "as above"),
    ("create the same listener", "", "moto makes a second listener on one port"),
    ("describe_target_groups", "TargetGroups.*.LoadBalancerArns", "moto names the load balancer once a listener"),
    ("modify_load_balancer_attributes", "Attributes", "moto answers with all attributes, AWS with those that were set"),
]


NAME = re.compile(r"\b(?P<kind>[a-z]+(?:-[a-z]+)*-)[0-9a-f]{8,20}\b|(?<=/)[0-9a-f]{16}\b|\b10\.\d+\.\d+\.\d+(?![/\d])|\b02:(?:[0-9a-f]{2}:){4}[0-9a-f]{2}\b")
bound = {}


def same(ours, theirs):
    """Whether two values are the same but for names made at random. A name of ours stands for one of theirs, always the same one."""
    if isinstance(ours, datetime.datetime):
        return isinstance(theirs, datetime.datetime)
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return ours == theirs
    if NAME.sub(lambda m: f"<{m['kind']}>", ours) != NAME.sub(lambda m: f"<{m['kind']}>", theirs):
        return False
    pairs = list(zip((m[0] for m in NAME.finditer(ours)), (m[0] for m in NAME.finditer(theirs))))
    return all(bound.setdefault(("ours", a), b) == b and bound.setdefault(("theirs", b), a) == a for a, b in pairs)


def differences(ours, theirs, path=""):
    """Paths at which what we say is not what they say."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in ("ResponseMetadata", "ClientToken"):
                yield from differences(value, theirs.get(key, "missing"), f"{path}.{key}".strip("."))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for a, b in zip(ours, theirs):
            yield from differences(a, b, path + ".*")
    elif not same(ours, theirs):
        yield path, ours, theirs


def answer(call, args):
    try:
        return call(**args)
    except ClientError as e:
        return {"Error": e.response["Error"]["Code"]}


class Pair:
    """One service of both sides."""

    used = set()

    def __init__(self, service, moto):
        self.both = client(service), client(service, endpoint=moto, credentials={"AccessKeyId": "moto", "SecretAccessKey": "moto", "SessionToken": None})

    def ask(self, call, name=None, ours=None, theirs=None, sort=None, **same):
        """Asks both. What is named differently on each side comes in ours and theirs."""
        got = [answer(getattr(c, call), {**same, **(own or {})}) for c, own in zip(self.both, (ours, theirs))]
        if sort:
            for g in got:
                sort(g)
        self.compare(name or call, *got)
        return got

    def compare(self, name, a, b):
        if ("Error" in a) != ("Error" in b):
            a, b = a.get("Error", "an answer"), b.get("Error", "an answer")
        for path, mine, other in differences(a, b):
            if any(k[:2] == (name, path) for k in KNOWN):
                self.used.add((name, path))
            else:
                check(f"{name}: {path} of the imitation and of moto", mine, other)
        check(name, True, True)


def spec(kind):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "a & b"}]}]


def network(moto):
    """moto gets the network that the imitation has already."""
    ec2 = moto.both[1]
    vpc = ec2.create_vpc(CidrBlock=stage["cidr"])["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"] for cidr, zone in zip(stage["cidrs"], stage["zones"])]
    for name, resource in (("vpcTags", vpc), ("subnetTags", subnets[0])):
        ec2.create_tags(Resources=[resource], Tags=[{"Key": k, "Value": v} for k, v in stage[name].items()])
    return vpc, subnets


def machines(ec2, subnet):
    ours, theirs = ec2.ask("run_instances", ImageId="ami-12345678", InstanceType="m5.large", MinCount=1, MaxCount=1, TagSpecifications=spec("instance"),
                           ours={"SubnetId": stage["subnets"][0]}, theirs={"SubnetId": subnet})
    ids = [r["Instances"][0]["InstanceId"] for r in (ours, theirs)]
    both = {"ours": {"InstanceIds": ids[:1]}, "theirs": {"InstanceIds": ids[1:]}}
    ec2.ask("describe_instances", **both)
    ec2.ask("describe_instances", name="describe_instances by filter", Filters=[{"Name": "instance-state-name", "Values": ["running"]}, {"Name": "tag:Name", "Values": ["a & b"]}])
    tags = [{"Key": "mirrorwatch", "Value": "on"}, {"Key": "empty", "Value": ""}]
    ec2.ask("create_tags", Tags=tags, ours={"Resources": ids[:1]}, theirs={"Resources": ids[1:]})
    named = [{"Filters": [{"Name": "resource-id", "Values": [i]}]} for i in ids]
    ec2.ask("describe_tags", ours=named[0], theirs=named[1], sort=lambda g: g["Tags"].sort(key=lambda t: t["Key"]))
    ec2.ask("delete_tags", Tags=[{"Key": "empty"}], ours={"Resources": ids[:1]}, theirs={"Resources": ids[1:]})
    ec2.ask("describe_tags", ours=named[0], theirs=named[1], sort=lambda g: g["Tags"].sort(key=lambda t: t["Key"]))
    interfaces(ec2, subnet, ids)
    ec2.ask("stop_instances", **both)
    ec2.ask("start_instances", **both)
    ec2.ask("terminate_instances", **both)
    ec2.ask("describe_instance_types", InstanceTypes=["m5.large", "t2.micro", "m5.metal"], sort=lambda g: g["InstanceTypes"].sort(key=lambda t: t["InstanceType"]))


def interfaces(ec2, subnet, instances):
    got = ec2.ask("create_network_interface", Description="second", TagSpecifications=spec("network-interface"),
                  ours={"SubnetId": stage["subnets"][0]}, theirs={"SubnetId": subnet})
    enis = [g["NetworkInterface"]["NetworkInterfaceId"] for g in got]
    read = {"ours": {"NetworkInterfaceIds": enis[:1]}, "theirs": {"NetworkInterfaceIds": enis[1:]}}
    ec2.ask("describe_network_interfaces", name="describe detached interface", **read)
    got = ec2.ask("attach_network_interface", DeviceIndex=1,
                  ours={"NetworkInterfaceId": enis[0], "InstanceId": instances[0]}, theirs={"NetworkInterfaceId": enis[1], "InstanceId": instances[1]})
    ec2.ask("describe_network_interfaces", name="describe attached interface", **read)
    ec2.ask("detach_network_interface", Force=True, ours={"AttachmentId": got[0].get("AttachmentId")}, theirs={"AttachmentId": got[1].get("AttachmentId")})
    ec2.ask("delete_network_interface", ours={"NetworkInterfaceId": enis[0]}, theirs={"NetworkInterfaceId": enis[1]})
    ec2.ask("describe_network_interfaces", name="describe deleted interface", **read)


def mirrors(ec2, nlbs):
    ec2.ask("create_traffic_mirror_filter", Description="compared", TagSpecifications=spec("traffic-mirror-filter"))
    by = [{"Name": "description", "Values": ["compared"]}]
    got = ec2.ask("describe_traffic_mirror_filters", Filters=by)
    ids = [g["TrafficMirrorFilters"][0]["TrafficMirrorFilterId"] for g in got]
    ec2.ask("create_tags", name="tags of a filter", Tags=[{"Key": "a", "Value": "b"}], ours={"Resources": ids[:1]}, theirs={"Resources": ids[1:]})
    ec2.ask("create_traffic_mirror_target", Description="compared", TagSpecifications=spec("traffic-mirror-target"),
            ours={"NetworkLoadBalancerArn": nlbs[0]}, theirs={"NetworkLoadBalancerArn": nlbs[1]})
    ec2.ask("describe_traffic_mirror_targets", Filters=by)
    ec2.ask("describe_traffic_mirror_filters", name="describe no such filter", TrafficMirrorFilterIds=["tmf-0123456789abcdef0"])
    ec2.ask("describe_traffic_mirror_targets", name="describe no such target", TrafficMirrorTargetIds=["tmt-0123456789abcdef0"])
    ec2.ask("describe_traffic_mirror_filters", name="describe with an unknown filter", Filters=[{"Name": "colour", "Values": ["red"]}])
    ec2.ask("create_traffic_mirror_filter", name="dry run of create filter", DryRun=True)


def balancers(elb, vpc, subnets):
    theirs = elb.both[1]
    nlb = theirs.create_load_balancer(Name=stage["nlbName"], Type="network", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = theirs.create_target_group(Name=stage["targetGroupName"], Protocol="UDP", Port=4789, VpcId=vpc, TargetType="instance")["TargetGroups"][0]["TargetGroupArn"]
    theirs.create_listener(LoadBalancerArn=nlb, Protocol="UDP", Port=4789, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
    nlbs, groups = (stage["nlb"], nlb), (stage["targetGroup"], group)
    one = {"ours": {"LoadBalancerArns": [nlbs[0]]}, "theirs": {"LoadBalancerArns": [nlbs[1]]}}
    elb.ask("describe_load_balancers", **one)
    lb = {"ours": {"LoadBalancerArn": nlbs[0]}, "theirs": {"LoadBalancerArn": nlbs[1]}}
    elb.ask("describe_listeners", **lb)
    elb.ask("create_listener", name="create the same listener", Protocol="UDP", Port=4789,
            ours={"LoadBalancerArn": nlbs[0], "DefaultActions": [{"Type": "forward", "TargetGroupArn": groups[0]}]},
            theirs={"LoadBalancerArn": nlbs[1], "DefaultActions": [{"Type": "forward", "TargetGroupArn": groups[1]}]})
    elb.ask("describe_target_groups", **lb)
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    elb.ask("modify_load_balancer_attributes", Attributes=cross, **lb)
    tg = {"ours": {"TargetGroupArn": groups[0]}, "theirs": {"TargetGroupArn": groups[1]}}
    sticky = [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "source_ip"}]
    elb.ask("modify_target_group_attributes", Attributes=sticky, **tg)
    elb.ask("modify_target_group_attributes", name="cookies of a UDP group", Attributes=[{"Key": "stickiness.type", "Value": "lb_cookie"}], **tg)

    def only_sticky(g):
        g["Attributes"] = sorted((a for a in g["Attributes"] if a["Key"] in ("stickiness.enabled", "stickiness.type")), key=lambda a: a["Key"])

    elb.ask("describe_target_group_attributes", sort=only_sticky, **tg)
    elb.ask("describe_load_balancers", name="no such load balancer", LoadBalancerArns=[stage["nlb"][:-16] + "0" * 16])
    elb.ask("describe_target_groups", name="no such target group", TargetGroupArns=[stage["targetGroup"][:-16] + "0" * 16])
    return nlbs


def others(moto, ec2, subnet):
    asg = Pair("autoscaling", moto)
    theirs = asg.both[1]
    ec2.both[1].create_launch_template(LaunchTemplateName="t", LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "m5.large"})
    theirs.create_auto_scaling_group(AutoScalingGroupName=stage["group"], MinSize=0, MaxSize=3, DesiredCapacity=len(stage["groupInstances"]), VPCZoneIdentifier=subnet,
                                     LaunchTemplate={"LaunchTemplateName": "t"}, Tags=[{"Key": "mirrorwatch", "Value": "on", "PropagateAtLaunch": False}])
    asg.ask("describe_auto_scaling_groups", AutoScalingGroupNames=[stage["group"]])
    asg.ask("describe_auto_scaling_groups", name="no such group", AutoScalingGroupNames=["none"])
    sts = Pair("sts", moto)
    check("account of both", [c.get_caller_identity()["Account"] for c in sts.both], [stage["account"]] * 2)
    roles = [c.assume_role(RoleArn=stage["role"], RoleSessionName="mirrorwatch")["AssumedRoleUser"]["Arn"] for c in sts.both]
    check("role of both", roles[0], roles[1])
    Pair("ssm", moto).ask("get_parameter", Name="/none")
    Pair("ram", moto).ask("get_resource_shares", resourceOwner="SELF")


def refusals(ec2):
    for call, param, prefix in (("describe_instances", "InstanceIds", "i-"), ("describe_network_interfaces", "NetworkInterfaceIds", "eni-"),
                                ("describe_subnets", "SubnetIds", "subnet-"), ("describe_vpcs", "VpcIds", "vpc-")):
        ec2.ask(call, name=f"{call} of none", **{param: [prefix + "0123456789abcdef0"]})
    ec2.ask("describe_instances", name="dry run of describe", DryRun=True)
    ec2.ask("create_tags", name="tags of none", Resources=["i-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])
    ec2.ask("attach_network_interface", name="attach none", NetworkInterfaceId="eni-0123456789abcdef0", InstanceId=stage["instances"][0], DeviceIndex=1)
    ec2.ask("delete_network_interface", name="delete none", NetworkInterfaceId="eni-0123456789abcdef0")


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    moto = f"http://{host}:{port}"
    ec2 = Pair("ec2", moto)
    vpc, subnets = network(ec2)
    ec2.ask("describe_vpcs", ours={"VpcIds": [stage["vpc"]]}, theirs={"VpcIds": [vpc]})
    ec2.ask("describe_subnets", ours={"SubnetIds": stage["subnets"][:1]}, theirs={"SubnetIds": subnets[:1]})
    machines(ec2, subnets[0])
    mirrors(ec2, balancers(Pair("elbv2", moto), vpc, subnets))
    others(moto, ec2, subnets[0])
    refusals(ec2)
    for call, path, why in KNOWN:
        check(f"known difference of {call} ({why}) is there", (call, path) in Pair.used, True)
    server.stop()
    done()


main()
