"""Annotation keys that load balancers of the usual providers understand: suggestions, nothing depends on them."""

from django.utils.translation import gettext_lazy as _

PROVIDERS = (
    ("OpenELB", "lb.kubesphere.io/v1alpha1", _("Write openelb: then OpenELB gives the address.")),
    (
        "OpenELB",
        "protocol.openelb.kubesphere.io/v1alpha1",
        _("How it announces the address. Write layer2, bgp or vip."),
    ),
    (
        "OpenELB",
        "eip.openelb.kubesphere.io/v1alpha2",
        _("Write the name of the Eip, the pool that the address is taken from."),
    ),
    (
        "Amazon EKS",
        "service.beta.kubernetes.io/aws-load-balancer-type",
        _("Write external for a network load balancer."),
    ),
    (
        "Amazon EKS",
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        _("Who may reach it. Write internal or internet-facing."),
    ),
    (
        "Azure",
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        _("Write true for an address inside the virtual network only."),
    ),
    ("Google GKE", "networking.gke.io/load-balancer-type", _("Write Internal for an address inside the network only.")),
    ("Huawei CCE", "kubernetes.io/elb.class", _("Shared or of its own. Write union or performance.")),
    (
        "Alibaba ACK",
        "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
        _("Who may reach it. Write internet or intranet."),
    ),
    (
        "Tencent TKE",
        "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
        _("Write the id of the subnet for an inner address."),
    ),
    (
        "QingCloud",
        "service.beta.kubernetes.io/qingcloud-load-balancer-eip-source",
        _("Where the address comes from. Write use-available, auto or mannual (spelt so)."),
    ),
)
