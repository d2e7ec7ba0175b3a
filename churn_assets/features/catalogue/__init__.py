"""Every feature there is; a new one is declared in its group's module, and nowhere else."""

from churn_assets.features.catalogue.consistency import Consistency
from churn_assets.features.catalogue.demographics import Demographics
from churn_assets.features.catalogue.diversity import Diversity
from churn_assets.features.catalogue.engagement import Engagement
from churn_assets.features.catalogue.satisfaction import Satisfaction
from churn_assets.features.catalogue.session import Session
from churn_assets.features.catalogue.subscription import Subscription
from churn_assets.features.catalogue.trends import Derived
from churn_assets.features.declaration import Catalogue

CATALOGUE = Catalogue((Demographics, Engagement, Consistency, Session, Diversity, Subscription, Satisfaction, Derived))
